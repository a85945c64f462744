# stat, chmod, umask, chown to oneself, truncate.
: >f
for m in 644 755 600 000 4755 1777 2711; do chmod $m f; stat -c %a f; done
chmod 644 f
chmod u+x f; stat -c %A f
chmod go-r f; stat -c %A f
chmod a=rw f; stat -c %A f
chmod +x f; stat -c %A f
chmod g=u,o= f; stat -c %A f
mkdir d
ln -s f l
stat -c '%F' f d l /dev/null
stat -c '%s %n' f
echo 12345 >f
stat -c %s f
truncate -s 3 f; cat f; echo
truncate -s 10 f; od -An -c f
truncate -s 0 f; wc -c <f
chmod 755 nothing 2>/dev/null
echo "status $?"
stat nothing 2>/dev/null
echo "status $?"
chown "$(id -u):$(id -g)" f && echo owned
mkdir -p r/s; : >r/s/t
chmod -R 700 r
find r -perm 700 | wc -l
(umask 0; : >open; mkdir opendir)
stat -c %a open opendir
stat -c %i f | grep -c '^[0-9]*$'
stat -L -c %F l
