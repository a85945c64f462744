# jobs, $!, and the shell's list of what runs in the background.
sleep 0.3 &
jobs | grep -c Running
p=$!
[ -n "$p" ] && kill -0 $p && echo running
wait %1
echo $?
jobs | wc -l
(exit 5) & wait $!; echo $?
sleep 0.1 & sleep 0.1 &
jobs -p | wc -l
wait
true & a=$!
false & b=$!
wait $a; echo $?
wait $b; echo $?
{ sleep 0.05; echo group; } & wait
f() { sleep 0.05; echo function; return 4; }
f & wait $!
echo $?
sleep 50 &
kill %1 2>/dev/null
wait $! 2>/dev/null
echo $?
i=0
while [ $i -lt 5 ]; do (sleep 0.02; : >done.$i) & i=$((i + 1)); done
wait
ls done.*
