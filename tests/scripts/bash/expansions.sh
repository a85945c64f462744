# Braces, parameters, substitutions of processes, here-strings and here-documents.
echo {a,b}{1..3} {01..10..3} {z..v}
path=/usr/local/lib/libc.so.6
echo "${path##*/} ${path%.*} ${path%%.*} ${path/lib/LIB} ${path//lib/LIB} ${#path} ${path:5:5} ${path: -4}"
name=kine
echo "${name^} ${name^^} ${name@Q} ${none:-default} ${none:+set} ${!na*}"
( : "${none:?is not set}" ) 2>&1 | tr -s ' '
cat <<< "a here-string: $name"
cat <<END
a here-document: $((6 * 7)) $(echo nested "$(echo deeper)")
END
cat <<-'END'
	tabs go, $name stays
	END
cat <(echo from a process) <(echo from another)
while read -r left right; do echo "$right-$left"; done < <(printf '%s\n' '1 one' '2 two')
echo through > >(tr a-z A-Z; echo end of the process)
wait $!
exec 5<<< "on descriptor 5"
read -r -u 5 line
exec 5<&-
echo "$line"
{ echo out; echo err >&2; } 2>&1 | sort
{ echo both; echo here >&2; } &> both.txt
sort both.txt
big=$(for ((i = 0; i < 20000; i++)); do echo "line $i"; done)
echo "${#big}"
cat <<< "$big" | wc -c
old=$IFS
IFS=,
set -- a,b c
echo "$*" $1
IFS=$old
echo "$-" | tr -d him
echo "$0 $# $@" | tr -d /
