# * ? [ ] and when they are not patterns
mkdir globs.d; cd globs.d
>a; >b; >ab; >abc; >'a b'; >.hidden; >A; mkdir d; >d/x; >d/y; mkdir d/e; >d/e/z
echo *
echo a*
echo ?
echo ??
echo [ab]
echo [!ab]
echo [a-c]*
echo d/*
echo */x
echo */*/*
echo nosuch*
echo 'a*' "a*" a\*
echo .h*
x='a*'; echo $x; echo "$x"
y=*; echo $y
y=a*; echo "$y"
for f in a*; do echo "[$f]"; done
set -- *; echo $#
echo "a"*
echo "*"a*
echo [a
echo a]
echo [a]"*"
>'*'; echo '*'*; echo \**; rm '*'
cd d; echo ../a*; cd ..
echo $PWD/nosuch* >/dev/null
echo x >o*; ls 'o*'
echo */
ls -d */ d/e
cd ..; rm -r globs.d
