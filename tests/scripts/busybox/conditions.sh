# if, case, test, && and ||.
if true; then echo yes; else echo no; fi
if false; then echo yes; elif true; then echo elif; else echo no; fi
if ! true; then echo yes; else echo no; fi
true && echo and
false && echo and
false || echo or
true || echo or
false || true && echo mixed
for word in apple banana cherry 42 '' x.c '*'; do
  case $word in
    a*) echo "$word: begins with a" ;;
    b?n*) echo "$word: b.n" ;;
    [0-9]*) echo "$word: a number" ;;
    '') echo "empty" ;;
    *.c | *.h) echo "$word: C" ;;
    \*) echo "a star" ;;
    *) echo "$word: other" ;;
  esac
done
case x in y) echo no ;; esac
echo "no branch: $?"
[ 1 -lt 2 ] && [ 2 -gt 1 ] && [ 2 -ge 2 ] && [ 1 -ne 2 ] && echo numbers
[ abc = abc ] && [ abc != abd ] && [ -n x ] && [ -z '' ] && echo strings
[ a \< b ] && echo order
test -e /dev/null && echo exists
test ! -e nothing && echo "does not"
[ 1 = 1 -a 2 = 2 ] && echo both
[ 1 = 2 -o 2 = 2 ] && echo either
[ '(' = '(' ] && echo parenthesis
[ x ] && echo one
[ ] || echo none
[ 1 -eq x ] 2>/dev/null
echo "not a number: $?"
[[ abc == a* ]] && echo pattern
[[ a != b && -n c ]] && echo double
