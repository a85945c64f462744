# ' " \ and what each protects
x='a  b'
echo $x
echo "$x"
echo '$x'
echo \$x
echo "\$x \" \`" "it's" 'say "hi"'
x='a\b\\' y="\a\\\z" z=\\; cat <<END
$x $y $z
END
x='a  b'
echo a\ \ b
echo "a
b"
echo a\
b
echo "a\
b"
x='a\
b'; cat <<END
$x
END
x='a  b'
echo ''a''"b"c
e=
set -- '' "" a; echo $#
set -- $e; echo $#
set -- "$e"; echo $#
set -- $e""; echo $#
set -- ''$e''; echo $#
set -- "$@"; echo $#
echo "$x"'$x'$x
echo \#no comment # a comment
echo a#b
echo '*' "*" \*
echo "'" '"'
echo "a;b|c&d<e>f(g)"
echo a\;b\|c\&d
echo "${x}c" ${x}c
echo "$(echo "in  $(echo "in  ner")")"
echo "`echo a  b`" `echo 'a  b'` "`echo \"c  d\"`"
echo `echo \`echo nested\``
echo "end"\
 of \
line
ec\
ho split
