# Bytes above 127 pass through everything unchanged.
echo 'ü漢字 é'
printf 'ü漢字\n' | od -An -tx1
v='ü漢字'
echo "${v#ü}" "${v}x"
case $v in *字) echo "ends in it" ;; esac
: >'名前'
ls | cat -v
for f in *; do echo "<$f>"; done
printf '\377\376\200\n' | od -An -tx1
printf 'é\n' | sed 's/é/e/'
printf 'é\n' | tr -d '\303' | od -An -tx1
echo 'ü' | grep -c 'ü'
awk 'BEGIN { print "漢" }'
mv '名前' '別名' && [ -e '別名' ] && echo renamed
sh -c 'echo "$1"' sh 'ü 漢'
cat <<E | md5sum
ü漢字
E
