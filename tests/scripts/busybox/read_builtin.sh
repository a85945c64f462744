# read: fields, IFS, backslashes, the last line without an end, -n.
printf 'a b c d\n' >f
read -r x y <f; echo "[$x][$y]"
read -r x <f; echo "[$x]"
printf '  padded   line  \n' >f
read -r x <f; echo "[$x]"
IFS= read -r x <f; echo "[$x]"
printf 'a:b::c\n' >f
IFS=: read -r a b c d <f; echo "[$a][$b][$c][$d]"
printf 'back\\slash and\\\ncontinued\n' >f
read x <f; echo "[$x]"
read -r x <f; echo "[$x]"
printf 'no end' >f
read -r x <f; echo "$? [$x]"
: >f
read -r x <f; echo "$? [$x]"
printf 'one\ntwo\nthree\n' | { read -r a; read -r b; cat; echo "[$a][$b]"; }
printf 'abcdef' | { read -r -n 3 x; echo "[$x]"; }
printf 'name=value\nother=thing\n' | while IFS== read -r k v; do echo "$k is $v"; done
n=0; while read -r line || [ -n "$line" ]; do n=$((n + 1)); done <<E
1
2
3
E
echo $n
