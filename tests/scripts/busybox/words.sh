# A small program: the most frequent words of a text, in several ways.
cat >text <<E
the quick brown fox jumps over the lazy dog
the dog barks and the fox runs away
over the hills and far away
E
tr -s ' ' '\n' <text | sort | uniq -c | sort -rn -k1,1 -k2 | head -n 3 | awk '{ print $2, $1 }'
awk '{ for (i = 1; i <= NF; i++) n[$i]++ } END { for (w in n) print n[w], w }' text | sort -rn | head -n 1
for w in the fox dog; do echo "$w $(tr ' ' '\n' <text | grep -cx "$w")"; done
count=0
while read -r line; do
  set -- $line
  count=$((count + $#))
done <text
echo "$count words"
sed 's/[^ ]* //' text
cut -d' ' -f1 text | paste -s -d+
rev text | cut -c1-4 | rev
grep -o '[a-z]*o[a-z]*' text | sort -u
