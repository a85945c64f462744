# test, [ and [[ with many operands; let, $(( )) in conditions.
if [ $((2 + 2)) -eq 4 ]; then echo four; fi
let 'x = 3 * 4' && echo $x
let 'y = 0' || echo "zero is false"
[ "$x" -gt 10 ] && [ "$x" -lt 20 ] && echo between
test -n "$x" -a "$x" = 12 && echo and
test ! "$x" = 13 && echo not
[ ! -e nothing -a ! -e nowhere ] && echo neither
for a in 0 1; do for b in 0 1; do
  [ $a = 1 -a $b = 1 ]; r1=$?
  [ $a = 1 -o $b = 1 ]; r2=$?
  echo "$a $b: $r1 $r2"
done; done
[ '' ] || echo "empty is false"
[ ' ' ] && echo "blank is true"
[ -n ] && echo "one word is true"
[ a = a ] && [ ! a = b ] && echo fine
case $((x % 5)) in 2) echo "12 mod 5 is 2" ;; esac
max() { m=$1; for n; do [ "$n" -gt "$m" ] && m=$n; done; echo "$m"; }
max 3 9 2 7
gcd() { a=$1 b=$2; while [ "$b" -ne 0 ]; do set -- $((a % b)); a=$b b=$1; done; echo "$a"; }
gcd 48 36
