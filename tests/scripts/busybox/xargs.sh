# xargs, tee.
seq 1 5 | xargs
seq 1 5 | xargs echo numbers
seq 1 5 | xargs -n 2
seq 1 3 | xargs -I {} echo 'item {}!'
printf 'a b\nc\n' | xargs -n 1 echo
printf 'a b\0c\0' | xargs -0 -n 1 echo
echo 'quoted "two words" here' | xargs -n 1
: | xargs echo empty
: | xargs -r echo never
seq 1 2000 | xargs | wc -w
seq 1 10 | xargs -n 3 sh -c 'echo $#' sh
printf '1\n2\n' | xargs -n 1 sh -c '[ $0 = 1 ]'
echo "status $?"
echo x | xargs sh -c 'exit 255' 2>/dev/null
echo "status $?"
echo x | xargs nosuchcommand 2>/dev/null
echo "status $?"
echo f1 f2 | xargs touch
ls
echo split | tee a b | tr a-z A-Z
cat a b
echo more | tee -a a >/dev/null
cat a
seq 1 5000 | tee copy | md5sum
md5sum <copy
echo x | tee /no/such/file 2>/dev/null
echo "status $?"
