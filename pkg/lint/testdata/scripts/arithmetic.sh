set -e
start=$(date +%s)
total=0
for ((i = 1; i <= 10; i++)); do
  ((total += i * i)) || true
done
let total+=5
x=$(( total > 100 ? total % 7 : total << 2 ))
(( x++ ))
elapsed=$(( $(date +%s) - start ))
echo "total $total, x $x, $((elapsed / 60)) min $((elapsed % 60)) s, $((0x1f)) $((2#1010)) $[1+2]"
