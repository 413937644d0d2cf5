package wire

// RegionEU is the region whose hosts have names of their own.
const RegionEU = "eu-west-101"

// Regions returns the names of the regions that are publicly known to have the build service.
func Regions() []string {
	return []string{
		"ap-southeast-3", "cn-east-2", "cn-east-3", "cn-north-1", "cn-north-4", "cn-south-1", "cn-south-2",
		"cn-southwest-2", "la-north-2", "la-south-2", "sa-brazil-1", "tr-west-1", RegionEU,
	}
}
