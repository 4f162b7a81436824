# What a vote costs with more records, voters, elections: see part_scale in
# bench.bash.  It should be level lines.
set terminal svg size 760,320 font "DejaVu Sans,11" background "white"
set output out
set multiplot layout 1,2
set logscale x
set format x "10^{%L}"
set xlabel "how many there are"
set yrange [0:*]
set offsets 0, 0, graph 0.15, 0
set border 3
set tics nomirror
set grid ytics lc rgb "#dddddd"
set key bottom right
series = "records voters elections"
colours = "#2b6cb0 #d9822b #16a085"
do for [column = 2:3] {
	set ylabel column == 2 ? "processor time a vote, us" : \
	    "median latency, us"
	plot for [i = 1:3] prefix . word(series, i) . ".dat" using 1:column \
	    with linespoints lw 2 pt 6 + i ps 0.8 lc rgb word(colours, i) \
	    title word(series, i)
}
unset multiplot
