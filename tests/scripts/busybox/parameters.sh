# Parameter expansion.
unset u
e=
v=value
echo "${u-default} ${u:-default} ${e-default} ${e:-default} ${v-default} ${v:-default}"
echo "${u+set} ${e+set} ${v+set} ${u:+set} ${e:+set} ${v:+set}"
echo "${w=assigned} $w"
(: "${u?no u}") 2>&1
echo "status $?"
(: "${e:?empty}") 2>&1
echo ${#v} ${#e}
path=/usr/local/lib/file.tar.gz
echo "${path##*/} ${path#*/} ${path%.*} ${path%%.*}"
echo "${path%/*}" "${path##*.}"
s='a  b   c'
echo $s
echo "$s"
echo "${s#a  }"
glob='*'
cd /
cd "$OLDPWD"
echo "$glob"
set -- one "two three" four
echo $# "$1" "$2" "$3"
for a in "$@"; do echo "<$a>"; done
for a in $@; do echo "<$a>"; done
for a in "$*"; do echo "<$a>"; done
IFS=:
echo "$*"
p=a:b:c
for a in $p; do echo "part $a"; done
unset IFS
shift 2
echo $# "$1"
set --
echo $#
string=hello
echo "${string:1:3} ${string:2} ${string/l/L} ${string//l/L}"
a=1 b=2 c=3
echo $a$b$c "${a}x$b"
echo '$a' "\$a" \$a
