# | and what runs where
echo a | cat
echo a | cat | cat | cat
echo a b | { read x y; echo "$y $x"; }
x=1; echo 2 | read x; echo $x
x=1; { x=2; } | cat; echo $x
false | true; echo $?
true | false; echo $?
! true | false; echo $?
sh -c 'exit 3' | sh -c 'cat; exit 4'; echo $?
(echo a; echo b) | while read l; do echo "[$l]"; done
echo a |
cat
echo a | # comment

cat
{ echo out; echo err >&2; } 2>&1 | wc -l
for i in 1 2 3; do echo $i; done | { while read n; do echo "<$n>"; done; echo end; }
echo $(echo a | cat) $(echo b | cat)
if echo x | cat >/dev/null; then echo yes; fi
echo many | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat | cat
sh -c 'while echo y; do :; done' 2>/dev/null | { read x; echo $x; }
exit 5 | true; echo $?
true | exit 5; echo $?
echo end
