# Subshells: what they change stays with them.
x=1
(x=2; echo $x)
echo $x
mkdir d
(cd d; pwd | sed 's,.*/,,')
pwd | sed 's,.*/,,'
(exit 9)
echo $?
{ x=3; }
echo $x
( ( ( echo deep ) ) )
(set -- a b; echo $#)
echo $#
(trap 'echo leaving' EXIT; echo inside)
echo outside
f=$( (echo one; echo two) | tail -n 1)
echo $f
(umask 077; umask)
umask 022
umask
(exec echo replaced; echo never)
sh -c 'echo "$0 $1 $2"' zero one two
sh -c 'exit 42'
echo $?
sh -c 'echo $$' | grep -c '^[0-9][0-9]*$'
[ "$(sh -c 'echo $PPID')" = $$ ] && echo "the parent is the parent"
export e=exported
n=not
sh -c 'echo "[$e][$n]"'
e=changed sh -c 'echo "$e"'
echo "$e"
env -i a=b sh -c 'echo "[$a][$e]"'
