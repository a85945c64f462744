# set -e, -u, -x, -n, -v; . and eval; command, type, alias-free lookups.
sh -c 'set -x; a=1; echo $a' 2>&1
sh -n -c 'echo never'
echo 'x=sourced; y=$1; return 3; x=never' >lib.sh
. ./lib.sh argument
echo "$? $x"
command echo through command
command -v echo cd no_such_thing
type cd | head -n 1
sh -c 'echo $-' | grep -c .
set -- -a -b value rest
while getopts ab: option; do
  case $option in
    a) echo "option a" ;;
    b) echo "option b $OPTARG" ;;
  esac
done
shift $((OPTIND - 1))
echo "rest: $*"
readonly r=fixed
(r=changed) 2>/dev/null || echo "read only"
echo $r
unset x
echo "[${x-unset}]"
export a=1 b=2
env | grep '^[ab]=' | sort
times >/dev/null && echo times
hash -r
umask 027
umask
: >made
stat -c %a made
ulimit -n >/dev/null && echo limit
