# du, df: that they answer, and in proportion.
mkdir d
head -c 100000 /dev/zero | tr '\0' x >d/large
echo x >d/small
[ "$(du -k d | cut -f1)" -ge 96 ] && echo large
[ "$(du -k d/small | cut -f1)" -le 16 ] && echo small
du -s d | cut -f2
du -a d | cut -f2 | sort
df . | head -n 1 | grep -c Filesystem
df -P . | wc -l
df -Pk . | awk 'NR > 1 { print ($2 >= $3) }' | tail -n 1
