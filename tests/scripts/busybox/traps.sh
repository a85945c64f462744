# trap: signals, EXIT, ignoring, resetting.
trap 'echo got USR1' USR1
kill -USR1 $$
echo after
trap 'echo got TERM' TERM
kill -TERM $$
kill -s TERM $$
kill -15 $$
trap '' USR1
kill -USR1 $$
echo ignored
trap - USR1
sh -c 'trap "echo leaving; exit 4" EXIT; exit 3'
echo "status $?"
sh -c 'trap "echo int" INT; kill -INT $$; echo survived'
sh -c 'trap "exit 5" HUP; kill -HUP $$; echo never'
echo "status $?"
(trap 'echo subshell ends' EXIT; true)
trap 'echo usr2 in $x' USR2
x=loop
for i in 1 2 3; do kill -USR2 $$; done
trap 'trap - USR2; echo once' USR2
kill -USR2 $$
sh -c 'kill -USR2 $$'
echo "status $?"
f() { trap 'echo trap of f' USR1; }
f
kill -USR1 $$
trap 'echo goodbye' EXIT
echo last
