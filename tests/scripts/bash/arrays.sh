# Arrays: indexed, sparse, associative; slices, indices, mapfile, read -a.
numbers=(one two three "four and more")
echo "${#numbers[@]}: ${numbers[0]}, ${numbers[-1]}"
numbers+=(five)
numbers[9]=nine
echo "${!numbers[@]}"
for each in "${numbers[@]}"; do echo "<$each>"; done
echo "${numbers[*]:1:2}" "${numbers[@]/#f/F}"
unset 'numbers[1]'
echo "${#numbers[@]} ${numbers[1]-unset}"
declare -A ages=([ann]=31 [bob]=7)
ages[eve]=$((ages[ann] + ages[bob]))
for name in "${!ages[@]}"; do echo "$name ${ages[$name]}"; done | sort
[[ -v ages[bob] && ! -v ages[zoe] ]] && echo "bob, no zoe"
mapfile -t lines < <(printf 'a b\nc\n\nd\n')
declare -p lines
IFS=: read -r -a parts <<< "x:y y::z"
declare -p parts
copy=("${numbers[@]}")
declare -n other=copy
other[0]=changed
echo "${copy[0]} ${numbers[0]}"
big=()
for ((i = 0; i < 3000; i++)); do big[i * 7]=$i; done
sum=0
for i in "${!big[@]}"; do ((sum += i - big[i])); done
echo "${#big[@]} $sum"
