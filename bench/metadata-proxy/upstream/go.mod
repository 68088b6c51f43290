module proxybench/bench/upstream

go 1.22
