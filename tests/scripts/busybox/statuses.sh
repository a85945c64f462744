# Exit statuses.
true; echo $?
false; echo $?
(exit 255); echo $?
(exit 256); echo $?
nosuchcommand 2>/dev/null; echo $?
./nosuchfile 2>/dev/null; echo $?
: >plain
./plain 2>/dev/null; echo $?
mkdir dir
./dir 2>/dev/null; echo $?
sh -c 'kill -9 $$'; echo $?
sh -c 'kill -TERM $$'; echo $?
{ sh -c 'kill -SEGV $$'; } 2>/dev/null; echo $?
grep x /dev/null; echo $?
grep x nothing 2>/dev/null; echo $?
cmp -s plain plain; echo $?
test; echo $?
sh -c 'set -e; false; echo never'; echo $?
sh -c 'set -e; false || true; echo goes on; if false; then :; fi; echo still'; echo $?
sh -c 'set -u; echo $undefined' 2>/dev/null; echo $?
sh -c 'if' 2>/dev/null; echo $?
f() { return 300; }; f; echo $?
! true; echo $?
exit 17
