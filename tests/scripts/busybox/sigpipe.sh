# A reader that goes away: the writer ends by SIGPIPE, or sees an error if it ignores it.
yes | head -n 1
(trap '' PIPE; while echo line; do :; done 2>message; echo "ended with $?" >ended) | head -n 2
sleep 0.2
cat ended
grep -c . message
seq 1 1000000 | head -n 3 | tail -n 1
yes abc | dd bs=4 count=3 2>/dev/null
