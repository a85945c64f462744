# cut, paste.
printf 'a:b:c\nd:e:f\nplain\n' >f
cut -d: -f1 f
cut -d: -f2,3 f
cut -d: -f2- f
cut -s -d: -f2 f
cut -c1-3 f
cut -c2- f
cut -b1 f
printf '1\n2\n3\n' >n
printf 'x\ny\n' >l
paste n l
paste -d, n l n
paste -s n
paste - - <n
echo 'a  b' | cut -d' ' -f3
paste -d '\n' n n | uniq | wc -l
cut -f1 <<E
tab	separated
E
