# cpio, run-parts, unlink, sync, usleep.
mkdir -p d/e
echo 1 >d/a
echo 2 >d/e/b
ln -s a d/l
find d | sort | cpio -o -H newc 2>/dev/null >c.cpio
cpio -t <c.cpio 2>/dev/null
mkdir out
(cd out; cpio -id <../c.cpio 2>/dev/null)
find out | sort
cat out/d/e/b
readlink out/d/l
mkdir parts
for n in 10first 20second; do printf '#!%s sh\necho %s $1\n' "$(readlink /proc/self/exe)" $n >parts/$n; chmod +x parts/$n; done
: >parts/notexecutable
run-parts -a argument parts
run-parts --test parts | sed 's,.*/,,'
sync && echo synced
usleep 1000 && echo slept
unlink d/a
ls d
