# Files that are open while others change them; shared offsets.
printf '1\n2\n3\n4\n' >f
exec 3<f
read -r a <&3
(read -r b <&3; echo "child read $b")
read -r c <&3
echo "parent read $a, then $c"
exec 3<&-
exec 3<f
echo new >f
cat <&3
exec 3<&-
exec 3>log
echo one >&3
(echo two >&3)
sh -c 'echo three >&3'
echo four >&3
exec 3>&-
cat log
exec 3<log
rm log
cat <&3
exec 3<&-
[ -e log ] || echo gone
exec 3>>append 4>>append
echo a >&3; echo b >&4; echo c >&3
exec 3>&- 4>&-
cat append
exec 5<>both
echo written >&5
exec 5<&-
cat both
mkdir d
: >d/x
(cd d; rm x; rmdir ../d; ls 2>/dev/null; echo "still here: $?")
for i in 1 2 3; do echo $i >&1; done >redirected
cat redirected
echo start >t; { cat t; echo more >>t; cat t; } <t
