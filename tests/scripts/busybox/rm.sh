# rm, rmdir, unlink.
touch a b c
rm a
ls
rm b c
ls
rm nothing 2>/dev/null
echo "status $?"
rm -f nothing
echo "status $?"
mkdir d
rm d 2>/dev/null
echo "status $?"
rmdir d
[ -e d ] || echo gone
mkdir -p x/y/z
touch x/1 x/y/2 x/y/z/3
rmdir x 2>/dev/null
echo "status $?"
rm -r x
[ -e x ] || echo gone
mkdir -p p/q/r
rmdir -p p/q/r
[ -e p ] || echo gone
echo target >t
ln -s t link
rm link
cat t
mkdir e; echo keep >e/f; ln -s e dirlink
rm -r dirlink
cat e/f
chmod 400 t
rm -f t
[ -e t ] || echo gone
touch -- -x
rm -- -x
ls
echo open >o
exec 3<o
rm o
cat <&3
exec 3<&-
unlink e/f
rmdir e
ls
for i in $(seq 1 100); do : >many.$i; done
ls | wc -l
rm many.*
ls | wc -l
