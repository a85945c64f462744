# mv: renaming, replacing, moving into folders.
echo a >a
echo b >b
mv a c
ls
mv c b
cat b
mkdir d e
mv b d
ls d
mv d e
find e | sort
mv e/d/b e/d/renamed
cat e/d/renamed
mv nothing x 2>/dev/null
echo "status $?"
mkdir f
echo x >g
mv g f/
ls f
mv f e/d
find . | sort
mkdir empty target
mv -T empty target
ls -d empty target 2>/dev/null
mkdir full; : >full/x
mkdir other
mv -T other full 2>/dev/null
echo "status $?"
mv e e/d/inside 2>/dev/null
echo "status $?"
ln -s nowhere broken
mv broken moved
readlink moved
echo 1 >n1; echo 2 >n2
mv -n n1 n2; cat n1 n2
mv n1 n2; cat n2
echo old >file; exec 5<file; echo new >tmp; mv tmp file; cat <&5; cat file
