# A signal with a trap interrupts wait; the child goes on.
trap 'echo usr1' USR1
sh -c 'sleep 0.3; kill -USR1 '$$'; sleep 0.3; exit 8' &
child=$!
wait $child
status=$?
[ $status -gt 128 ] && echo "wait was interrupted"
wait $child
echo "child: $?"
sleep 0.05 & sleep 0.05 & sleep 0.05 &
wait
echo "all: $?"
sh -c 'kill -STOP $$; echo continued; exit 4' &
child=$!
sleep 0.3
kill -CONT $child
wait $child
echo "status $?"
