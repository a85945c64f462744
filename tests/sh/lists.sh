# ; && || ! and the statuses that they leave
true && echo yes
false && echo no
false || echo other
true || echo no
true && false || echo third
false || true && echo fourth
false && echo no || echo fifth
! false && echo not
! true || echo "not $?"
! true; echo $?
false; echo $?
true; echo $?; echo $?
: a b c; echo $?
nosuchprogram 2>/dev/null; echo $?
./nosuchfile 2>/dev/null; echo $?
/ 2>/dev/null; echo $?
sh -c 'exit 7'; echo $?
sh -c 'exit 300'; echo $?
sh -c 'kill -9 $$' 2>/dev/null; echo $?
sh -c 'kill -TERM $$' 2>/dev/null; echo $?
(exit 3); echo $?
(exit 3) || echo failed
{ false; }; echo $?
{ echo a; echo b; } && echo c
echo one; echo two;echo three
false ||
# a comment between
echo continued
true &&

echo continued after an empty line
if false; then :; fi; echo $?
x=$(exit 4); echo $?
x=$(exit 4) true; echo $?
echo $(exit 5); echo $?
