# env, export, long environments and arguments.
env -i a=1 b=2 env | sort
a=1 env | grep '^a='
env x=y sh -c 'echo $x'
env -u HOME sh -c 'echo "[${HOME-unset}]"'
export E='two words'
sh -c 'echo "$E"'
unset E
sh -c 'echo "[$E]"'
env -i sh -c 'echo "${PATH:+a path}"'
env nosuchcommand 2>/dev/null
echo "status $?"
env false
echo "status $?"
long=$(seq 1 3000)
export long
sh -c 'echo ${#long}'
unset long
set -- $(seq 1 1000)
sh -c 'echo $#' sh "$@"
A=1 B=$A sh -c 'echo "[$A][$B]"'
