# kill: names, numbers, lists, groups, processes that are not there.
kill -l | head -n 1 | grep -c .
kill -l 9
kill -l TERM
sleep 100 & p=$!
kill -0 $p && echo alive
exec 2>/dev/null
kill -STOP $p; kill -CONT $p
kill -KILL $p
wait $p; echo $?
for s in HUP INT QUIT TERM USR1 USR2 ALRM; do
  sh -c "kill -$s \$\$; echo survived"
  echo "$s $?"
done
sh -c 'trap "" TERM; kill -TERM $$; echo "ignored"'
sh -c 'trap "" TERM; sh -c "kill -TERM \$\$; echo inherited"'
kill 999999; echo $?
kill -NOSUCH $$; echo $?
sleep 100 & a=$!
sleep 100 & b=$!
kill $a $b
wait $a; echo $?
wait $b; echo $?
setsid sh -c 'echo $$ >group; (echo >ready; sleep 100) & wait' &
g=$!
while [ ! -e ready ]; do sleep 0.02; done
kill -TERM -$(cat group)
wait $g; echo $?
