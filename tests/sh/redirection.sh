# < > >> <> n> >& <& and what stays when a command is over
mkdir redirection.d && cd redirection.d || exit 1
echo one >f; cat f; echo two >>f; cat <f
>g; wc -c <g
cat <nosuch 2>/dev/null; echo $?
echo x >nosuch/f 2>/dev/null; echo $?
{ echo out; echo err >&2; } >both 2>&1; cat both
{ echo out; echo err >&2; } 2>err >out; cat out; echo --; cat err
{ echo out; echo err >&2; } 2>&1 >/dev/null | cat
echo only to 2 2>&1 1>&2 | cat
(echo a; echo b) >f; cat f
for i in 1 2 3; do echo $i; done >f; cat f
while read line; do echo "[$line]"; done <f
if true; then echo yes; fi >f; cat f
exec 3>f; echo three >&3; exec 3>&-; cat f
echo gone 2>/dev/null >&3; echo $?
exec 4<f; read x <&4; exec 4<&-; echo $x
echo x >f >g; wc -c <f; cat g
>f echo before; cat f
e\cho quoted 1>f; cat f
echo 2>f; cat f
echo 2 >f; cat f
echo a2>f; cat f
echo clobber >|f; cat f
echo rw 1<>f; cat f
x=f; echo name >$x; cat "$x"
echo in >'a b'; cat "a b"
cat <<END
here $x ${x}y $(echo command) `echo old` \$x \\ \a "q" 'q'
	tab
END
cat <<'END'
literal $x $(no) `no` \
END
cat <<-END
	without tabs $x
		all
	END
cat <<A; cat <<B
first
A
second
B
cat <<END | cat
piped
END
cat <<END && echo and
then
END
while read a b; do echo "$b $a"; done <<END
1 2
3 4 5
END
cat <<""
until an empty line

cat <<E"N"D
quoted $mark
END
cat <<END
joined \
line
END
x=$(cat <<END
within a substitution
END
); echo "$x"
read a <<END
one line
END
echo $a
n=0123456789abcdef; n=$n$n$n$n$n$n$n$n; n=$n$n$n$n$n$n$n$n
cat <<END | wc -c
$n$n$n$n$n$n$n$n$n$n
END
cat <<END >/dev/null
$n$n$n$n$n$n$n$n$n$n
END
true <<END
$n$n$n$n$n$n$n$n$n$n
END
echo $?
{ cat; echo more; } <<END
to a group
END
cat 0<f; cat <f -
cd ..; rm -r redirection.d
