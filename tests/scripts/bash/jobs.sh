# Job control of a shell that is not interactive: groups, jobs, stop and continue, wait -n, disown, coproc.
sleep 30 & first=$!
sleep 0.5 & second=$!
jobs -p | wc -l
wait $second; echo "second: $?"
kill $first
wait $first 2>/dev/null; echo "first: $?"
set -m
sleep 30 &
job=$!
read -r _ _ _ _ group _ < /proc/$job/stat
[[ $group == "$job" ]] && echo "a group of its own"
kill -STOP %1
until [[ $(jobs %1) == *Stopped* ]]; do sleep 0.05; done
echo stopped
bg %1 > /dev/null
[[ $(jobs %1) == *Running* ]] && echo runs
# (In one command: between two, bash may tell of a job that has ended, or not yet.)
{ kill -TERM -- -$job; wait $job; } 2>/dev/null
echo "group: $?"
(sleep 30 | sleep 30) &
job=$!
{ kill -- -$job; wait $job; } 2>/dev/null
echo "pipeline: $?"
(sleep 0.05; exit 5) &
fg %% > /dev/null
echo "fg: $?"
set +m
(sleep 0.3; exit 1) & (exit 2) &
wait -n; echo "wait -n: $?"
wait -n; echo "wait -n: $?"
wait -n 2>/dev/null; echo "wait -n: $?"
# (bash closes its ends of a coproc when it has ended: so read from a copy, made while it must still run.)
coproc tr a-z A-Z
exec {answers}<&"${COPROC[0]}"
echo "to the other" >&"${COPROC[1]}"
eval "exec ${COPROC[1]}>&-"
read -r answer <&"$answers"
echo "$answer"
wait
for i in 1 2 3 4 5 6 7 8; do (sleep 0.0$i; echo $i > "$i.done") & done
wait
echo *.done
jobs > /dev/null # what has ended is told once
sleep 30 & disown
kill $!
jobs | wc -l
total=0
for i in {1..40}; do (exit $i) & pids[i]=$!; done
for i in {1..40}; do wait "${pids[i]}"; ((total += $?)); done
echo $total
read -r -t 0.1 nothing < <(sleep 1); echo "read -t: $(($? > 128))"
