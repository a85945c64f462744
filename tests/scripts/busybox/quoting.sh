# Quoting and word splitting.
echo 'single "double" inside' "double 'single' inside"
echo a\ b a\\b 'a\b' "a\b" "a\\b" "\"" '\'
echo "tab	and newline
kept"
v='a   b'
echo $v "$v"
set -- $v
echo $#
echo ~root >/dev/null
echo '~' "~"
echo a""b ''c d''
echo one\
two
echo "one\
two"
printf '%s|' "" '' "a b" c; echo
eval 'echo "evaluated $((1 + 1))"'
cmd='echo from a variable'
$cmd
e='x="a b"'
eval "$e"
echo "$x"
echo $'dollar\tquote\n\x41'
echo -e 'a\tb\\n\101'
echo -n no newline; echo
echo "$(printf "%s\n" "a'b" 'c"d')"
echo \# no comment # comment
echo a;echo b;
: ignored "$(echo side >side)"; cat side
