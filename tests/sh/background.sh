# & wait $! kill, and what a background command reads
sleep 0 & wait; echo $?
sh -c 'exit 3' & wait $!; echo $?
sh -c 'exit 3' & sh -c 'exit 4' & wait; echo $?
(exit 6) & p=$!; (exit 7) & wait $p; echo $?; wait $!; echo $?
wait 1; echo $?
cat & wait $!; echo $?
{ echo in; echo group; } & wait
echo a & wait; echo b
sleep 100 & kill $!; wait $!; echo $?
sleep 100 & kill -9 $!; wait $!; echo $?
sleep 100 & kill -s INT $!; kill -s HUP $!; wait $!; echo $?
kill -0 $$; echo $?
kill -0 99999999 2>/dev/null; echo $?
kill nonsense 2>/dev/null; test $? -ne 0 && echo refused
true && echo and & wait
false || echo or & wait
echo a | cat & wait
sh -c 'cat; exit 5' </dev/null | sh -c 'exit 6' & wait $!; echo $?
for i in 1 2 3; do (exit $i) & done; wait; echo all
x=1; x=2 & wait; echo $x
(sleep 0; echo slow) & wait; echo after
echo $(true & wait; echo nested)
