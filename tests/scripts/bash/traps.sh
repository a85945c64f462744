# trap: EXIT, ERR, DEBUG, RETURN, signals while waiting; kill and its statuses.
trap 'echo "usr1 in $BASHPID" | tr -d 0-9' USR1
kill -USR1 $$
trap 'echo term; interrupted=yes' TERM
(sleep 0.2; kill -TERM $$) &
sleep 5 &
long=$!
wait $long
echo "wait: $? ${interrupted-no}"
kill $long
wait $long 2>/dev/null
echo "killed: $?"
trap '' INT
bash_pid=$$
kill -INT $bash_pid
echo "not interrupted"
trap - INT TERM
trap -p
(trap 'echo "exit $?"' EXIT; exit 7)
echo $?
(trap 'echo "error in line ${LINENO:+here}: $?"' ERR; false; true; (exit 3); :)
{ (kill -KILL $BASHPID); } 2>/dev/null
echo $?
{ (kill -SEGV $BASHPID); } 2>/dev/null
echo $?
f() { trap 'echo returned' RETURN; echo body; }
f
trap - RETURN
for name in HUP QUIT PIPE ALRM USR2; do
  (trap "echo caught $name" "$name"; kill -"$name" "$BASHPID"; echo after)
done
yes_writer() { while echo y; do :; done; }
yes_writer 2>/dev/null | { read -r first; echo "$first"; }
echo "${PIPESTATUS[0]}"
kill -l 9 15 USR1
kill -0 $$ && echo alive
kill -0 999999 2>/dev/null || echo nobody
trap 'echo the end' EXIT
exit 9
