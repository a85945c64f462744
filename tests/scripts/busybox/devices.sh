# /dev/null, /dev/zero, /dev/urandom; no terminal here.
echo x >/dev/null
wc -c </dev/null
head -c 10 /dev/zero | od -An -tx1
head -c 100 /dev/urandom | wc -c
[ "$(head -c 16 /dev/urandom | md5sum)" != "$(head -c 16 /dev/urandom | md5sum)" ] && echo random
cat /dev/null
cp /dev/null empty && wc -c <empty
dd if=/dev/zero of=/dev/null bs=1k count=100 2>/dev/null
echo "status $?"
[ -c /dev/null ] && [ -c /dev/zero ] && [ -c /dev/urandom ] && echo characters
tty
echo "status $?"
echo overwritten >>/dev/null; wc -c </dev/null
stat -c '%t %T' /dev/null /dev/zero
