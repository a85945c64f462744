# Scripts that are executed: #!, arguments, nested interpreters, /proc/self/exe.
sh=$(readlink /proc/self/exe)
[ -x "$sh" ] && echo "knows its own file"
printf '#!%s sh\necho "script: $# $1 $2"\n' "$sh" >s
chmod +x s
./s one 'two words'
echo "status $?"
printf '#!%s awk -f\nBEGIN { print "awk", ARGC }\n' "$sh" >a
chmod +x a
./a 2>/dev/null
echo "status $?"
printf 'echo no first line: $1\n' >plain
chmod +x plain
./plain arg
printf '#!/no/such/interpreter\n' >bad
chmod +x bad
./bad 2>/dev/null
echo "status $?"
printf '#!%s sh\nexit 21\n' "$sh" >status
chmod +x status
./status
echo $?
printf '#!%s cat\nshown\n' "$sh" >shown
chmod +x shown
./shown | tail -n 1
mkdir bin
cp s bin/found
PATH=$PWD/bin found by path
(exec ./s replaced)
chmod -x s
./s 2>/dev/null
echo "status $?"
printf '#!./s\n' >loop; chmod +x loop
PATH=/nowhere ./status; echo $?
