# Redirections: creating, appending, both directions, failure.
echo one >f
echo two >>f
cat f
cat <f >g
cat g
: >f
wc -c <f
echo x 1<>f
cat f
printf 'abcdef' >f
printf 'XY' 1<>f
cat f; echo
set -C
echo more >f 2>/dev/null
echo "noclobber: $?"
echo more >|f
cat f
set +C
(cat <nothing) 2>/dev/null
echo "status $?"
(echo x >no/such/folder) 2>/dev/null
echo "status $?"
(echo x >.) 2>/dev/null
echo "status $?"
cat nothing 2>&1 | sed 's/.*: //'
echo out >/dev/null
ls nothing >/dev/null 2>&1
echo "status $?"
>created
[ -e created ] && echo created
exec 3>&1
echo through three >&3
exec 3>&-
while read -r a; do read -r b <&3; echo "$a $b"; done 3<<B <<A
1
2
B
x
y
A
cat <<END >h && cat h
here and there
END
