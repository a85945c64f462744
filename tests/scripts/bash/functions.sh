# Functions: local variables, recursion, arguments, return; getopts, eval, source, sub-shells.
factorial() {
  local n=$1
  if ((n < 2)); then echo 1; else echo $((n * $(factorial $((n - 1))))); fi
}
factorial 12
swap() { local -n one=$1 two=$2; local kept=$one; one=$two two=$kept; }
a=left b=right
swap a b
echo "$a $b"
outer() { local x=outer; inner; echo "$x"; }
inner() { echo "inner sees $x"; x=changed; }
x=global
outer
echo "$x ${FUNCNAME[0]-none}"
options() {
  local OPTIND option
  while getopts ':ab:' option; do
    case $option in
      a) echo "option a" ;;
      b) echo "option b with $OPTARG" ;;
      :) echo "-$OPTARG wants a value" ;;
      *) echo "no -$OPTARG" ;;
    esac
  done
  shift $((OPTIND - 1))
  echo "rest: $*"
}
options -a -b value x y
options -z -b
echo 'echo "sourced with $1"; return 3' > sourced
source ./sourced word
echo $?
(cd /; x=lost; exit 4)
echo "$? $x"
eval 'for i in 1 2; do' 'echo "evaluated $i"; done'
false | true | false
echo "${PIPESTATUS[@]}"
set -o pipefail
false | true
echo $?
fails() { return 200; }
fails || echo "returned $?"
command -v fails factorial
type -t fails if echo cat
unset -f fails
fails 2>/dev/null || echo "gone: $?"
deep() { (($1 == 0)) && echo bottom || deep $(($1 - 1)); }
deep 300
