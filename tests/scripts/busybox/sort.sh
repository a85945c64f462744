# sort, uniq.
printf 'banana\napple\ncherry\napple\n' >f
sort f
sort -r f
sort -u f
sort f | uniq
sort f | uniq -c
sort f | uniq -d
sort f | uniq -u
printf '10\n9\n2\n33\n1\n' | sort
printf '10\n9\n2\n33\n1\n' | sort -n
printf '10\n9\n2\n33\n1\n' | sort -rn
printf 'b 2\na 3\nc 1\n' | sort -k2
printf 'b:2\na:3\nc:1\n' | sort -t: -k2 -n
printf 'b 2\na 2\nc 1\n' | sort -k2,2n -k1,1r
printf 'B\na\nC\n' | sort
printf 'B\na\nC\n' | sort -f
sort -c f 2>/dev/null
echo "status $?"
sort f -o g; cat g
printf '1\n1\n2\n' | uniq -c | sort -rn
printf 'a x\nb x\nc y\n' | uniq -f 1
printf 'Xa\nXb\nYc\n' | uniq -w 1
printf 'mar\njan\nfeb\n' | sort -M
printf 'v1.10\nv1.9\n' | sort -V
seq 1 3000 | sort -rn | head -n 2
seq 1 3000 | sort | md5sum
: | sort
printf 'b\0a\0' | sort -z | tr '\0' '\n'
