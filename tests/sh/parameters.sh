# ${ } in all its forms, the special parameters, splitting
unset u
e= s=set
echo "[${u-d}] [${u:-d}] [${e-d}] [${e:-d}] [${s-d}] [${s:-d}]"
echo "[${u+a}] [${u:+a}] [${e+a}] [${e:+a}] [${s+a}] [${s:+a}]"
echo "[${v=new}] [$v] [${e:=filled}] [$e] [${w:=a b}] [$w]"
echo ${u:-a   b} "${u:-a   b}" ${u:-"a   b"} "${u:-"a   b"}"
echo ${u:-$(echo command)} ${u:-`echo backquotes`} ${u:-${v}} "${u:-${s:-x}}"
echo ${u:-'$s'} ${u:-\$s} "${u:-\$s}" "${u-\}}" ${u:-\}}
echo ${#s} ${#u} ${#e} "${#s}"
: ${s:=$(echo never >&2)} ${s-${z=never}}; echo "[$z]"
(: ${u?}) 2>/dev/null; echo $?
(: ${u:?message}) 2>/dev/null; echo $?
(echo ${s?}) ; echo $?
sh -c 'echo $0 $# $1 $2 "$@" "$*"' name 'a  b' c
set -- 'a  b' '' c
echo $# "$1" "$2" "$3"
for i in "$@"; do echo "[$i]"; done
for i in $@; do echo "[$i]"; done
for i in "$*"; do echo "[$i]"; done
for i in $*; do echo "[$i]"; done
for i in "x$@y"; do echo "[$i]"; done
for i; do echo "[$i]"; done
IFS=:
for i in "$*"; do echo "[$i]"; done
p=a:b::c:
for i in $p; do echo "[$i]"; done
IFS=' :'
p=' a : b:: c : '
for i in $p; do echo "[$i]"; done
IFS=
for i in $p; do echo "[$i]"; done
for i in "$*"; do echo "[$i]"; done
unset IFS
p=' a  b '
for i in $p; do echo "[$i]"; done
for i in x$p; do echo "[$i]"; done
for i in "$p"x; do echo "[$i]"; done
set --; echo $#
for i in "$@"; do echo never; done
for i in "$@"""; do echo "[$i]"; done
for i in x"$@"; do echo "[$i]"; done
set -- 1 2 3 4 5 6 7 8 9 ten eleven
echo ${1}0 ${10} ${11} $#
shift; echo $1 $#
shift 3; echo $1 $#
shift 7; echo $#
x=1 y=$x z=$y; echo $x $y $z
x='a b' y=$x; echo "$y"
x=*; echo "$x"
a=b=c; echo $a
echo $x$ "$" $
test $$ = $(echo $$) && echo same
b=$(echo a; echo; echo b; echo; echo); echo "[$b]"
true & test -n "$!" && echo pid; wait
HOME=/home/me; echo ~ ~/x "~" a~ \~ x=~
y=~/z; echo $y
cd / && echo $PWD
