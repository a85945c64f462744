# Runs scripts one after another, for the tests: run.sh FOLDER MARK SHELL NAME…, in FOLDER, which has them in scripts/. Each gets a folder and a
# shell of its own, SHELL: busybox, or another program, whose scripts find the applets below by their names. What a script prints, on either
# output, comes out between two lines that begin with MARK, the second with its status. MARK is a word that no script prints.
busybox=$(readlink /proc/self/exe)
cd "$1" || exit 125
mark=$2
shell=$3
shift 3
umask 022
ulimit -c 0 2>/dev/null
top=$PWD
# The shell runs its own applets without looking for them; these are for programs that look.
mkdir bin
applets="gzip sort"
case $shell in
  */busybox) shell="$busybox sh" ;;
  *) applets="cat ln mkdir sleep sort touch tr wc" ;;
esac
for applet in $applets; do ln -s "$busybox" bin/$applet; done
for name; do
  mkdir "$name" && cd "$name" || exit 125
  env -i PATH="$top/bin" HOME=/nowhere TZ=UTC "$busybox" timeout -s KILL 60 $shell ../scripts/"$name".sh >../"$name".out 2>&1 </dev/null
  status=$?
  cd "$top" || exit 125
  echo "$mark begin $name"
  cat "$name".out
  echo
  echo "$mark end $status"
done
