# ls: names, types, long lines, order.
mkdir d
echo hello >d/b
echo hi >d/a
: >d/.hidden
mkdir d/sub
ln -s b d/link
chmod 640 d/a
chmod 755 d/b
touch -d '2020-02-03 04:05:06' d/a
touch -d '2021-02-03 04:05:06' d/b d/sub
ls d
ls -a d
ls -A d
ls -1 d
ls -F d
ls -p d
ls -d d
ls -r d
ls -t d | tail -n 1
ls -S d/a d/b
ls -l d/a | awk '{ print $1, $2, $5 }'
ls -l d/link | awk '{ print $1, $(NF-2), $(NF-1), $NF }'
TZ=UTC ls -l --full-time d/b | awk '{ print $6, $7 }'
ls -ld d/sub | cut -c1-10
ls -R d
ls nothing 2>&1
echo "status $?"
ls d/a nothing 2>/dev/null
ls -n d/a | awk '{ print NF }'
ls -i d/a | awk '{ print NF }'
ls -C d | cat
