# cd export unset set shift read umask eval exec . exit test
x=1; sh -c 'echo "[$x]"'; export x; sh -c 'echo "[$x]"'
export y=2; sh -c 'echo "[$y]"'
z=3 sh -c 'echo "[$z]"'; echo "[$z]"
z=4 true; echo "[$z]"
z=5 eval 'echo $z'
unset x; sh -c 'echo "[$x]"'; unset nothing; echo $?
a=1; (a=2; echo $a); echo $a
a=1; { a=2; }; echo $a
set a b c; echo $3 $#
set -- -x; echo $1
eval 'echo a;' 'echo b'; eval; echo $?
eval "x='a  b'"; echo "$x"
eval 'false'; echo $?
mkdir builtins.d; cd builtins.d; echo 'echo sourced $1; v=set; false' >f
. ./f; echo $? $v
set -- p; . ./f
echo 'echo $0 $#; exit 4; echo never' >g; sh g a b; echo $?
(. ./nosuch; echo never) 2>/dev/null; test $? -ne 0 && echo stopped
cd /; cd - >/dev/null; cd ..; rm -r builtins.d; cd nosuch 2>/dev/null || echo no
umask 027; umask; umask 022
(exec echo replaced; echo never)
(exec nosuchprogram 2>/dev/null; echo never); echo $?
exec true >/dev/null 2>&1 <<END | cat
END
(exit); echo $?
(false; exit); echo $?
(exit 255); echo $?
echo 'a b  c d ' | { read x y; echo "[$x][$y]"; }
read x y <<'END'
a\ b\c d\\\ e
END
cat <<END
[$x][$y]
END
read -r x y <<'END'
a\ b\c d
END
cat <<END
[$x][$y]
END
echo 'one' | { read x y; echo "[$x][$y]"; }
echo a:b::c | { IFS=: read x y z; echo "[$x][$y][$z]"; }
echo ' a : b ' | { IFS=': ' read x y; echo "[$x][$y]"; }
echo ' a b ' | { IFS= read x; echo "[$x]"; }
{ read x; echo "[$x]"; } <<'END'
joined \
line
END
read x </dev/null; echo $?
printed=$(echo -n abc); echo "[$printed]"
{ read x; cat; } <<END
first
rest 1
rest 2
END
[ a = a ] && echo eq; [ a != a ] || echo ne; [ -n a ] && [ -z '' ] && echo nz
[ 1 -eq 1 ] && [ 1 -lt 2 ] && [ 2 -le 2 ] && [ 3 -gt -2 ] && [ 3 -ge 3 ] && [ 1 -ne 2 ] && echo numbers
[ ! a = b ] && [ ! '' ] && ! [ '' ] && [ x ] && echo not
[ -d / ] && [ ! -d nosuch ] && [ -e / ] && [ ! -f / ] && [ -c /dev/null ] && echo files
[ ! -t 0 ] </dev/null && echo no terminal
[ = = = ] && [ ! = ! ] && [ -n = -n ] && [ '(' = '(' ] && echo operators as values
[ 1 -eq x ] 2>/dev/null; echo $?
[ a = a 2>/dev/null; echo $?
test; echo $?
echo -n; echo; echo -- -n
command=echo; $command indirect; $command 'a b'
e=; $e echo nothing before; $e; echo $?
