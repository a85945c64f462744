# Functions: arguments, locals, recursion, return, redirections.
greet() { echo "hello $1, $# of them"; }
greet world
greet a b c
value() { return 5; }
value
echo "returned $?"
outer() { local x=inner; inner; echo "$x"; }
inner() { x="$x changed"; }
x=global
outer
echo "$x"
factorial() { if [ "$1" -le 1 ]; then echo 1; else echo $(($1 * $(factorial $(($1 - 1))))); fi; }
factorial 10
count() { [ "$1" -gt 0 ] && { printf '%s ' "$1"; count $(($1 - 1)); }; }
count 15
echo
redirected() { echo out; echo err >&2; } >file 2>&1
redirected
cat file
quit() { return; }
false
quit
echo "status of the last command: $?"
greet() { echo "redefined"; }
greet
unset -f greet
(greet) 2>/dev/null
echo "gone: $?"
args() { for a; do printf '<%s>' "$a"; done; echo; }
args "a b" c "" d
set -- keep these
args x
echo "$@"
sub() ( cd /; x=lost; exit 3 )
sub
echo "status $? $x"
