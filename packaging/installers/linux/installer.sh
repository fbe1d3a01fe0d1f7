#!/bin/sh
# Installs Penjing for the person who runs it, without administrator rights. The program follows this text, packed.
#
#   sh FILE [--prefix DIR]   install or upgrade; DIR is ~/.local/opt/penjing unless given
#   sh FILE --extract DIR    only unpack
#   sh FILE --help           this text
#
# To remove it again: ~/.local/opt/penjing/uninstall.sh, which keeps chats and settings (--purge does not).
set -eu
umask 022

version=@VERSION@
lines=@LINES@
sum=@SUM@
needed_kib=@KIB@
glibc=@GLIBC@
libraries="@LIBRARIES@"

tell() {
    echo "$1" >&2
    # Started from a file manager there is nobody to read this.
    if [ ! -t 2 ] && command -v zenity >/dev/null; then zenity --info --text="$1" 2>/dev/null || true; fi
}

fail() {
    tell "$1"
    exit 1
}

prefix=${HOME:?}/.local/opt/penjing
only_unpack=
while [ $# -gt 0 ]; do
    case "$1" in
    --prefix) prefix=${2:?--prefix takes a folder}; shift 2 ;;
    --extract) prefix=${2:?--extract takes a folder}; only_unpack=yes; shift 2 ;;
    --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "There is no option $1: --help lists them." ;;
    esac
done
case "$prefix" in /*) ;; *) prefix=$PWD/$prefix ;; esac

# What would fail later, said before anything is written.

[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || fail "This Penjing is for Linux on x86-64, and this is $(uname -s) on $(uname -m)."
have=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2)
[ -n "$have" ] || fail "Penjing needs a system with the GNU C library, version $glibc or newer; this system has another one."
oldest=$(printf '%s\n%s\n' "$glibc" "$have" | sort -V | head -n1)
[ "$oldest" = "$glibc" ] || fail "Penjing needs the GNU C library $glibc, and this system has $have. Use a newer system: Debian 12 and Ubuntu 24.04 have it."
if ! grep -q -m1 -w avx2 /proc/cpuinfo; then
    fail "Penjing needs a processor with AVX2 instructions, and this one has none."
fi
command -v xz >/dev/null || fail "Unpacking takes the program xz, which is missing. Install xz-utils (on some systems: xz) and try again."
parent=$(dirname "$prefix")
mkdir -p "$parent" 2>/dev/null && [ -w "$parent" ] || fail "$parent cannot be written. Choose another folder with --prefix."
free=$(df -Pk "$parent" | awk 'NR == 2 { print $4 }')
[ "$free" -ge "$needed_kib" ] || fail "Penjing needs $((needed_kib / 1000)) MB in $parent, and $((free / 1000)) MB are free. Free some space, or choose another folder with --prefix."
[ "$(tail -n +"$lines" "$0" | sha256sum | cut -d' ' -f1)" = "$sum" ] || fail "This file is damaged. Download it again."

fresh=$prefix.new
rm -rf "$fresh"
mkdir "$fresh"
trap 'rm -rf "$fresh"' EXIT
tail -n +"$lines" "$0" | xz -dc | tar -xf - -C "$fresh"

# The new version takes the place of the old one in one step; settings and chats are elsewhere and stay.
[ ! -e "$prefix" ] || [ -e "$prefix/_internal" ] || fail "$prefix is something else than Penjing, so it stays as it is. Choose another folder with --prefix."
[ ! -e "$prefix" ] || mv "$prefix" "$prefix.old"
mv "$fresh/penjing" "$prefix"
rm -rf "$prefix.old"
[ -z "$only_unpack" ] || { echo "Penjing $version is in $prefix."; exit 0; }

share=${XDG_DATA_HOME:-$HOME/.local/share}
bin=$HOME/.local/bin
mkdir -p "$bin" "$share/applications" "$share/mime/packages" "$share/icons/hicolor/scalable/apps"
ln -sf "$prefix/penjing" "$bin/penjing"
sed "s|^Exec=penjing|Exec=\"$prefix/penjing\"|; s|^TryExec=.*|TryExec=$prefix/penjing|" "$prefix/desktop/penjing.desktop" >"$share/applications/penjing.desktop"
cp "$prefix/desktop/penjing.xml" "$share/mime/packages/penjing.xml"
cp "$prefix/desktop/penjing.svg" "$share/icons/hicolor/scalable/apps/penjing.svg"
renew="command -v update-desktop-database >/dev/null && update-desktop-database -q '$share/applications'
command -v update-mime-database >/dev/null && update-mime-database '$share/mime' 2>/dev/null"
cat >"$prefix/uninstall.sh" <<END
#!/bin/sh
# Removes Penjing. Chats, settings and models stay, unless --purge is given.
rm -f '$bin/penjing' '$share/applications/penjing.desktop' '$share/mime/packages/penjing.xml'
rm -f '$share/icons/hicolor/scalable/apps/penjing.svg'
[ "\${1:-}" != --purge ] || rm -rf '$share/penjing'
rm -rf '$prefix'
$renew
exit 0
END
chmod 755 "$prefix/uninstall.sh"
sh -c "$renew" || true

missing=
for library in $libraries; do
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q -F "${library%%=*} " || missing="$missing ${library##*=}"
done
tell "Penjing $version is installed. Start it from the menu, or by: $bin/penjing"
if [ -n "$missing" ]; then
    tell "Its window needs libraries that this system lacks. On Debian and Ubuntu: sudo apt install$missing"
fi
exit 0
