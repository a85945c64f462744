# [[ ]]: patterns, regular expressions, files; case with fall-through; select of options.
for word in apple banana "" "a b" 17 -3; do
  [[ $word == a* ]] && echo "'$word' begins with a"
  [[ $word =~ ^-?[0-9]+$ ]] && echo "'$word' is a number"
  [[ -z $word || $word == *" "* ]] && echo "'$word' is empty or has a blank"
  case $word in
    a*) echo "case a" ;;&
    *e) echo "case e" ;;
    17) echo "case 17" ;&
    never) echo "falls through" ;;
    *) echo "other" ;;
  esac
done
if [[ 2026-11-05 =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})$ ]]; then echo "${BASH_REMATCH[@]:1} of ${#BASH_REMATCH[@]}"; fi
echo text > file
mkdir folder
ln -s file link
[[ -f file && -s file && ! -x file && -d folder && -L link && link -ef file ]] && echo files
[[ -e nothing ]] || echo "nothing: $?"
sleep 0.05
echo later > newer
[[ newer -nt file && file -ot newer ]] && echo times
[[ abc < abd && ! abc > abd ]] && echo order
shopt -s nocasematch
[[ HELLO == hello ]] && echo "no case"
shopt -s extglob nullglob
touch a.c b.c b.h c.txt
echo !(*.c) -- @(a|b).c -- nothing*
set -e
( false; echo never )
echo never
