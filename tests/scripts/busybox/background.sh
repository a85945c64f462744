# Background jobs and wait.
(echo one >f1) &
wait
cat f1
sleep 0.2 &
first=$!
(exit 3) &
second=$!
wait $second
echo "second: $?"
wait $first
echo "first: $?"
for i in 1 2 3 4 5; do (sleep 0.0$i; echo $i >>order) & done
wait
wc -l <order
sleep 100 &
pid=$!
kill $pid
wait $pid
echo "killed: $?"
sleep 100 &
kill -9 $!
wait $!
echo "killed: $?"
(trap 'echo caught; exit 6' TERM; while :; do sleep 0.02; done) >out &
pid=$!
sleep 0.3
kill $pid
wait $pid
echo "status $?"
cat out
wait 999999 2>/dev/null
echo "no such child: $?"
{ echo background; } >out &
wait $!
echo "$?"
cat out
echo data | cat >piped &
wait
cat piped
x=$(sleep 0.1 & echo quick)
echo $x
kill -0 $$ && echo alive
kill -0 $pid 2>/dev/null || echo gone
