# Several at the same files: appends are whole, a folder as a lock, producers and a consumer.
for i in 1 2 3 4; do
  (for j in 1 2 3 4 5; do echo "process $i line $j" >>log; done) &
done
wait
wc -l <log
sort log | uniq | wc -l
grep -c '^process [1-4] line [1-5]$' log
echo 0 >counter
for i in 1 2 3; do
  (
    for j in 1 2 3; do
      until mkdir lock 2>/dev/null; do sleep 0.01; done
      echo $(($(cat counter) + 1)) >counter
      rmdir lock
    done
  ) &
done
wait
cat counter
for i in 1 2 3; do for j in $(seq 1 50); do echo "$i:$j"; done & done | sort -t: -k1,1n -k2,2n | md5sum
(for i in 1 2 3 4 5 6 7 8; do printf '%0300d\n' $i & done; wait) | sort | cut -c295-
