# oracle: bash
# commands from standard input leave the rest of it to the commands that they run
sh <<'END'
echo first
read x
for the shell's read
echo "[$x]"
cat
these lines
are for cat
END
{ echo 'read x'; echo 'from a pipe'; echo 'echo "[$x]"'; echo 'cat'; echo 'rest'; echo 'more'; } | sh
echo 'echo "$0 $#"; cat' >input.d; echo data | sh input.d a b; rm input.d
echo 'exit 9' | sh; echo $?
echo 'false' | sh; echo $?
sh </dev/null; echo $?
{ echo 'if true'; echo 'then echo lines'; echo 'fi'; } | sh
{ echo 'cat <<E'; echo 'body'; echo 'E'; echo 'echo after'; } | sh
echo 'sh' | { sh; } ; echo $?
{ echo sh; echo 'echo in the inner shell $1'; } | sh
echo 'exec cat
to cat' | sh
