# cd, pwd, physical and logical paths.
top=$(pwd)
show() { echo "${1#"$top"}"; }
mkdir -p a/b/c
ln -s a/b link
cd a/b/c
show "$(pwd)"
cd ..
show "$(pwd)"
cd -  >/dev/null
show "$(pwd)"
cd "$top/link"
show "$(pwd)"
show "$(pwd -P)"
cd ..
show "$(pwd)"
cd "$top/link"
cd -P ..
show "$(pwd)"
cd "$top"
cd nowhere 2>/dev/null
echo "status $?"
echo file >file
cd file 2>/dev/null
echo "status $?"
show "$OLDPWD"
cd /
pwd
cd ////
pwd
cd "$top/a/./b/../b/c"
show "$(pwd)"
(cd "$top"; rmdir a/b/c)
ls
cd "$top" && show "$PWD/x"
